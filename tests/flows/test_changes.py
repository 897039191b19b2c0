"""What a build says that it changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flows.changes import Changes, Snapshot, as_markdown, changes

names = st.sampled_from(["a.pdf", "b.pdf", "c.md", "d.md"])
snapshots = st.builds(
    Snapshot,
    documents=st.dictionaries(names, st.sampled_from("1234")),
    pairs=st.dictionaries(names, st.dictionaries(st.sampled_from("qrs"), st.sampled_from("xy"))),
)


def test_what_came_changed_was_renamed_and_went() -> None:
    before = Snapshot(
        documents={"kept.md": "1", "edited.md": "2", "old name.md": "3", "dropped.md": "4"},
        pairs={"kept.md": {"What?": "This."}, "old name.md": {"Why?": "So."}, "dropped.md": {"Who?": "She."}},
    )
    now = Snapshot(
        documents={"kept.md": "1", "edited.md": "5", "new name.md": "3", "new.md": "6"},
        pairs={
            "kept.md": {"What?": "That."},
            "new name.md": {"Why?": "So."},
            "new.md": {"How?": "Thus.", "When?": "Now."},
        },
    )
    found = changes(before, now)
    assert found == Changes(
        added=("new.md",),
        changed=("edited.md",),
        renamed=("old name.md -> new name.md",),
        gone=("dropped.md",),
        pairs_added=2,
        pairs_changed=1,
        pairs_gone=1,
    )
    assert str(found) == (
        "Since the last build, documents: 1 added (new.md), 1 changed (edited.md), "
        "1 renamed (old name.md -> new name.md), 1 gone (dropped.md); pairs: 2 added, 1 changed, 1 gone."
    )
    assert "- renamed: old name.md -&gt; new name.md" in as_markdown(found)


@given(snapshots)
def test_nothing_changes_against_itself(one: Snapshot) -> None:
    assert str(changes(one, one)) == "Nothing has changed since the last build."


@given(snapshots, snapshots)
def test_the_counts_add_up(before: Snapshot, now: Snapshot) -> None:
    found = changes(before, now)
    assert len(now.documents) - len(before.documents) == len(found.added) - len(found.gone)
    asked = [sum(len(pairs) for pairs in one.pairs.values()) for one in (before, now)]
    if not found.renamed:
        assert asked[1] - asked[0] == found.pairs_added - found.pairs_gone


def test_the_name_of_a_file_is_no_markdown() -> None:
    found = changes(Snapshot(documents={}, pairs={}), Snapshot(documents={"[a](javascript:b) <img>.md": "1"}, pairs={}))
    assert as_markdown(found).count(r"\[a\](javascript:b) &lt;img&gt;.md") == 2
