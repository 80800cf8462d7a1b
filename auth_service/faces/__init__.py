"""What a face is to us.

question  which face is in this photo, is the photo good enough, and what are its numbers?
input     an Image (decoded by engines/decoding.py)
output    FaceSample: one face's quality and template, and the hashes that recognise the same photo again
rules     no framework, no weights; engines/ fulfils the ports of ports.py
hands on  to enrollment (as reference) and to matching (as probe)
"""
