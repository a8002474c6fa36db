"""How does a saved model answer?

Inputs, batches, torch or ONNX Runtime, and how several networks decide. May import ``saved_model``, ``model`` and what
lies below them; no training.
"""
