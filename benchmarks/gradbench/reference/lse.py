"""LogSumExp by SciPy; its gradient is the softmax."""

import numpy as np
from scipy.special import logsumexp, softmax

from benchmarks.gradbench.reference import References

REFERENCES: References = {
    "primal": lambda data: logsumexp(np.array(data["x"])),
    "gradient": lambda data: softmax(np.array(data["x"])),
}
