"""How an evaluation ends that nobody waits for. On its own, since who asks need not load the evaluator."""


class Cancelled(BaseException):
    """Nobody waits for the answer any more."""
