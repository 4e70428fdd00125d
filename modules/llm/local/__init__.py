"""Language models in this process: one network, many conversations.

    request -> budget -> tokenizer -> batcher (one thread) -> decoder -> pieces -> spoken text

`transformers` has continuous batching of its own. It is not used here: its processors for a batch
know no repetition penalty, which URA-LLaMA needs; a cache that pages cannot keep a conversation's
prefix between turns on a CPU; and it answers through one router of its own thread, without the
deadlines and the one-turn-per-session rule of this app. What serves many more visitors than a card
has slots is vLLM, through `GUONG_LLM_URL`.

Every file but `cards.py` imports torch or transformers: all of them are imported by the engine's
`load`, late.
"""
