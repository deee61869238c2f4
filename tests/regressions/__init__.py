"""Programs that went wrong once, each made as small as it still failed."""
