"""The automation's sheets: strategies, and the products that they are for."""
