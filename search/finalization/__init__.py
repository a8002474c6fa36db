"""How do the leaders of a search become a version of a model?

Picks leaders, confirms them over folds, trains the chosen one on all the data, writes the model folder and lists it in
the dashboard. May import ``reports``, ``launch`` and what lies below them. Not ``finalize``: that name is for the
function.
"""
