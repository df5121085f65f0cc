"""The students of a band, one by one."""


def students(stratum):
    """The outcomes (placed or not) of a stratum's students, those drawn first."""
    drawn = [1] * stratum.drawn_placed + [0] * (stratum.drawn - stratum.drawn_placed)
    others = [1] * stratum.others_placed + [0] * (stratum.others - stratum.others_placed)
    return drawn + others
