import pytest

from placement.data.names.after_outcome import means_after_the_event, verdict


@pytest.mark.parametrize(
    "name",
    ["salary", "ctc_lpa", "Package", "Stipend", "OfferLetter", "company", "Joining Date",
     "Remarks", "REMARK", "Remarks (if any)", "HR Remarks", "Feedback on the result", "Feedback",
     "Rounds cleared", "No of rounds cleared", "Rounds Cleared (out of 5)", "Interviews attended",
     "Service Bond", "Bond (years)", "Drive date", "Date of drive", "Date of Joining", "DOJ",
     "Job Role", "Reason for rejection", "HR round", "Placed in", "Drives attended", "薪资",
     "gaji"],
)  # fmt: skip
def test_what_is_known_only_after_the_outcome_is_recognised_by_name(name):
    assert means_after_the_event(name)


@pytest.mark.parametrize(
    "name",
    ["WorkshopPackaging", "Internship Stipend", "Stipend during internship", "internship company",
     "Expected salary", "Previous company", "remarks count", "Teacher feedback score", "bonding",
     "Chemical bond marks", "roundness", "Background", "mock interview score", "Interview score",
     "Mock interview rounds cleared", "driving licence", "hard drive", "round 1 marks",
     "Placement training", "placement_exam_marks", "accompanied", "rounds of golf",
     "Communication feedback rating", "observation skills", "joint family", "job category",
     "Interview preparation hours", "interviewing skills", "hackathon rounds", "selected elective"],
)  # fmt: skip
def test_what_was_there_before_the_outcome_is_not(name):
    assert not means_after_the_event(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Selected in TCS", "positive"),
        ("placed at Wipro", "positive"),
        ("rejected in HR round", "negative"),
        ("Not selected (2nd round)", "negative"),
        ("yet to be placed", "negative"),
        ("unplaced", "negative"),
        ("sincere student", None),
        ("", None),
    ],
)
def test_a_verdict_is_told_from_free_text(text, said):
    assert verdict(text) == said
