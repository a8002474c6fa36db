"""How does a file become pixels of a size?

Decoding, boxes, crops, faces, views. May import ``support`` and ``errors``; loads no torch.
"""
