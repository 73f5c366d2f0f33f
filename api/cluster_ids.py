"""The ids of clusters in a parameter."""

from hedge.errors import UsageError

#: Clusters that one request may name.
MAX_CLUSTERS = 100


def cluster_ids(parameter: str, text: str) -> list[str]:
    """The ids in a parameter, which are separated by commas: 1 to MAX_CLUSTERS; else UsageError."""
    ids = list(dict.fromkeys(one for one in text.split(",") if one))
    if not 1 <= len(ids) <= MAX_CLUSTERS:
        raise UsageError(f"{parameter} names {len(ids)} clusters, not 1 to {MAX_CLUSTERS}")
    return ids
