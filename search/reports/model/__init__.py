"""What do the page and the card of a model say?

One value with all figures (``content``), which page and card both render. A part of ``reports``. May import ``reports``
and what lies below it.
"""
