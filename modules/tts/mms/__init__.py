"""MMS-TTS Vietnamese: VITS that reads letters (Pratap et al. 2023); not for commercial use."""
