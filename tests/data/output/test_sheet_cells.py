from placement.data.output.sheet_cells import ExactNumber


def test_a_chance_is_written_with_every_digit_that_it_has():
    chance = 0.13499188134801762
    written = f"{ExactNumber(chance):.16G}"
    assert float(written) == chance
    assert float(f"{chance:.16G}") != chance
