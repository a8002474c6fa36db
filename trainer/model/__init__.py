"""Which network is trained?

timm backbones, heads, freezing, first weights, inference. May import ``runtime``, ``data`` and what lies below them.
"""
