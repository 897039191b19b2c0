"""A dataset on the Hugging Face hub, where that is asked for."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from extractors.errors import QuireError
from training.dataset import OWN_FILES, read_manifest

TOKEN = "HF_TOKEN"
INCLUDED = " ".join(f"--include '*{suffix}'" for suffix in (".json", ".parquet", ".md", ".png"))


def push(folder: Path, repository: str) -> str:
    """Upload the dataset in `folder`, files of its own alone, to `repository` ("owner/name"), and return its address.

    A repository that is not there yet is made, and is private; whom it is shown to is decided there. What an earlier
    push left there and the dataset has no more is deleted. The token comes from the environment and goes nowhere else.
    Raises QuireError, with the command that does it again, for whatever went wrong: the dataset on disk is untouched.
    """
    from huggingface_hub import HfApi

    again = f"hf upload {repository} {shlex.quote(str(folder))} . --repo-type dataset --private {INCLUDED}"
    token = os.environ.get(TOKEN, "")
    if not token:
        raise QuireError(
            f"The dataset was not pushed to {repository}: there is no {TOKEN} in the environment.",
            fix=f"Make one with the right to write at huggingface.co/settings/tokens, then: {TOKEN}=… {again}",
        )
    manifest = read_manifest(folder)
    files = ["manifest.json", *sorted(manifest["files"])]
    api = HfApi(token=token, library_name="quire")
    try:
        address = api.create_repo(repository, repo_type="dataset", private=True, exist_ok=True)
        api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            repo_type="dataset",
            allow_patterns=files,
            delete_patterns=[name for name in OWN_FILES if name not in files],
            commit_message=f"Dataset {manifest['dataset'][:16]}",
        )
    except Exception as error:  # of the network, the hub, the file system: none of them is worth a lost build
        reason = " ".join(str(error).replace(token, "…").split())
        raise QuireError(
            f"The dataset was not pushed to {repository}: {type(error).__name__}: {reason.rstrip('.')}.",
            fix=f"Try again: {again}",
        ) from None
    return str(address)
