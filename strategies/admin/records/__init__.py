"""The pages of the models: strategies, decisions, rulebook revisions."""
