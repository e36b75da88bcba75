"""The pages of the models: one module a model, and its buttons."""
