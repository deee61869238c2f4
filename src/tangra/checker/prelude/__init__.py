"""Programs that the checker evaluates like the user's own, in place of libraries' containers: they hold other modules
and call them, so that no shape rule could say what they do. They are read as text and never imported.
"""
