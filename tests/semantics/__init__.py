"""What programs mean, over every combination of a kind: aliases, loops under transformations, cost."""
