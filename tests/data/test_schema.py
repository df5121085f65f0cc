from placement.data.schema import means_batch, means_grade


def test_batches_and_grades_are_recognised_by_name():
    assert all(map(means_batch, ["Batch", "cohort", "Passing Year", "year_of_passing"]))
    assert not means_batch("batch size")
    assert all(map(means_grade, ["CGPA", "college_gpa", "degree_p", "HSC_Marks"]))
    assert not means_grade("internships")
