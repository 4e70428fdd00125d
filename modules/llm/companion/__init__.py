"""The companion: an honest talker without a language model. Its words are the data files here."""
