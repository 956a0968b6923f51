"""Every rule, in the order of their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.rules.depends import conda_constrains_violated, conda_depends_unmet
from envguard.rules.files import conda_file_altered, conda_file_missing, two_conda_owners, unowned_files_in_package
from envguard.rules.metadata import dist_info_without_metadata, dist_info_without_record, duplicate_dist_info
from envguard.rules.ownership import conda_record_lost, dists_share_files, pip_overwrote_conda
from envguard.rules.places import pip_in_base
from envguard.rules.requires import requires_dist_unmet

if TYPE_CHECKING:
    from envguard.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    conda_file_missing,
    conda_file_altered,
    pip_overwrote_conda,
    two_conda_owners,
    dists_share_files,
    conda_record_lost,
    unowned_files_in_package,
    duplicate_dist_info,
    dist_info_without_metadata,
    dist_info_without_record,
    conda_depends_unmet,
    conda_constrains_violated,
    requires_dist_unmet,
    pip_in_base,
)
