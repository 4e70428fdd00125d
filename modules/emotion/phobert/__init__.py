"""PhoBERT as a reader of feelings: a RoBERTa of VinAI's, fine-tuned by others or by the owner.

    text -> reading (emoji to words, words joined) -> pieces of 256 tokens -> batcher (one thread)
         -> network -> calibrated scores -> the seven labels

Importing this package loads nothing; `network` imports torch and transformers, `reading` the
segmenter, and all of them are imported by the engine's `load`.
"""
