"""Explanations on the screen: figures as sentences, and the pages that show them."""
