"""May a column's part be chance? Wald's test of all of its coefficients at once, for all columns.

`w' C⁻¹ w` of a column's coefficients w with their covariance C is compared with a chi-square of as
many degrees of freedom, and the p-value is multiplied by the number of columns that are asked
(Bonferroni). A penalty draws w towards 0 more than C allows for, so less is called evidence then.
"""

import numpy as np

from placement.evaluation.coefficients import estimates
from placement.model.fitted import Fitted


def column_p_values(fitted: Fitted) -> dict[str, float]:
    """Return the p-value of each column, as far as the model knows its errors."""
    from scipy.stats import chi2

    covariance = fitted.covariance
    if covariance is None:
        return {}
    tested = {row.feature: row.p_value for row in estimates(fitted) if row.p_value is not None}
    columns = np.array(fitted.encoder.source_columns)
    p_values = {}
    for name in dict.fromkeys(columns.tolist()):
        indices = np.flatnonzero(columns == name)
        used = indices[covariance[indices, indices] > 0]  # 0 where a column repeats earlier ones
        if len(used) == 1 and (known := tested.get(fitted.encoder.names[used[0]])) is not None:
            p_values[name] = known
        elif len(used):
            weights = fitted.weights[used]
            distance = weights @ np.linalg.solve(covariance[np.ix_(used, used)], weights)
            p_values[name] = float(chi2.sf(distance, len(used)))
    return {name: min(1.0, p * len(p_values)) for name, p in p_values.items()}
