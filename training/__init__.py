"""Splits pairs, trains adapters on them, and judges the adapters.

| what is done | by | with |
|---|---|---|
| pairs are split, and written as a dataset | split, dataset, formats, hub | describing |
| its rows become what a model reads and learns | prompts, selection | preparing |
| adapters are trained, in processes of their own | sft, jobs, launch, ranks | base, strategies, memory, learning |
| better settings are searched | tuning, trial, findings | |
| adapters are kept | adapters | describing |
| judged | evaluate, inference | judging |
| asked, and written for other programs | answering | export |

`starter` makes the small base model that ships with Quire.
"""
