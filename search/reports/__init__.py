"""What do people and scripts read about a study, its data and its model?

Status, the study's page, the model's page and card, checks of a data folder, tables of scalars. May import
``ablation``, ``launch`` and what lies below them.
"""
