"""What a person sees of a run: each step in words, and a line of its own for the second part of a long one."""

from rich.console import Console
from rich.progress import Progress

from orchestration import telling
from orchestration.definitions import defs
from orchestration.progress import Progress as Told


def test_every_step_of_every_job_has_words():
    named = {node.name for job in defs.resolve_all_job_defs() for node in job.nodes}
    assert named == set(telling.STEPS)


def test_the_proof_is_a_line_of_its_own_after_the_hiding():
    with Progress(console=Console(quiet=True)) as progress:
        steps = telling.Steps(progress, "")
        for told in (None, Told(3, 9, "systems"), Told(1, 9, "proofs"), Told(2, 9, "proofs")):
            steps.show("disclosure__disclosure_mask", told)
    shown = [(task.description, task.completed, task.total) for task in progress.tasks]
    assert shown == [("Deciding what to hide", 9, 9), ("Proving that it stays hidden", 2, 9)]
