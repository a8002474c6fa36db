"""How is optuna-dashboard served, and who may use it?

The dashboard's application with a check of names and passwords in front of it. May import ``study`` and what lies below
it.
"""
