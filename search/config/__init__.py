"""What may stand in a study file?

The specification of a study, its sections and its search space, validated once. May import ``errors``, ``paths`` and
``trainer``; knows neither Optuna nor the database, but for Optuna's distributions.
"""
