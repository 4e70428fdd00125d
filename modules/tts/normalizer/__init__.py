"""From written to spoken Vietnamese: the parts of `modules.tts.normalize`.

The text goes through three steps. `characters`, `markup` and `faces` leave only letters, digits and
signs that have a reading. `scanner` then walks over the text once: at each place the first rule
that matches gives the words (`rules/`, one file per idea; what they know stands in
`modules/tts/data/*.toml`). `finish` joins the words and lets nothing through but Vietnamese letters
and the marks that make pauses.
"""
