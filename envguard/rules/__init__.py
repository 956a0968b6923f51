"""Every rule, in the order of their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.rules.activation import activation_points_elsewhere, not_activated
from envguard.rules.architecture import architecture_mismatch
from envguard.rules.arrow import arrow_mismatch
from envguard.rules.cache import package_cache_damaged
from envguard.rules.cell_magics import cell_magic_without_tool
from envguard.rules.cell_order import cell_conda_after_pip
from envguard.rules.cells import (
    cell_breaks_constraint,
    cell_shell_pip,
    cell_unpinned,
    environment_file_without_pip,
)
from envguard.rules.channels import channels_not_strict, defaults_and_forge, mixed_channels
from envguard.rules.cuda_beside import cuda_coexists, cudatoolkit_not_linked
from envguard.rules.cuda_driver import driver_library_mismatch, driver_too_old, gpu_arch_not_built
from envguard.rules.cuda_libraries import cuda_library_mismatch
from envguard.rules.cuda_paths import cuda_shadowed_by_path
from envguard.rules.cuda_search import cuda_not_found_by_framework, needs_torch_imported_first
from envguard.rules.cuda_wheels import nvidia_wheels_mismatch
from envguard.rules.depends import conda_constrains_violated, conda_depends_unmet
from envguard.rules.files import conda_file_altered, conda_file_missing, two_conda_owners, unowned_files_in_package
from envguard.rules.hdf5 import hdf5_mismatch
from envguard.rules.install_log import install_log_warning
from envguard.rules.installers import (
    externally_managed,
    no_pip_in_env,
    pip_user_or_target_set,
    script_shebang_elsewhere,
    shell_pip_targets_other_python,
    uv_targets_other_env,
)
from envguard.rules.kernelspecs import kernelspec_dead, kernelspec_other_env, kernelspec_overridden
from envguard.rules.loader import libstdcxx_too_old, needed_library_missing, system_libcrypto, wrong_libstdcxx
from envguard.rules.metadata import (
    dist_info_without_metadata,
    dist_info_without_record,
    duplicate_dist_info,
    pip_file_missing,
)
from envguard.rules.mkl import mkl_breaks_torch, pip_numpy_in_mkl_env
from envguard.rules.notebook_imports import import_not_in_environment, stamp_differs
from envguard.rules.numpy_abi import numpy2_with_old_extension, numpy_abi_mismatch
from envguard.rules.openmp import kmp_duplicate_ok_set, threading_layer_conflict, two_openmp_runtimes
from envguard.rules.order import alternating_installers, conda_after_pip_rule, pip_where_conda_has_it
from envguard.rules.origins import dead_link_install, editable_install, temporary_url_install, unpinned_vcs_install
from envguard.rules.ownership import conda_record_lost, dists_share_files, pip_overwrote_conda
from envguard.rules.places import conda_itself_damaged, pip_in_base
from envguard.rules.processor import cpu_features_missing
from envguard.rules.proj import proj_database_too_old
from envguard.rules.protobuf import protobuf_mismatch
from envguard.rules.qt import qt_plugin_path
from envguard.rules.requires import requires_dist_unmet
from envguard.rules.site import executable_pth, orphaned_site_packages, vendored_library_conflict
from envguard.rules.stale import module_version_differs, stale_module
from envguard.rules.sys_path import local_file_shadows, pythonpath_shadows
from envguard.rules.torch_build import torch_cpu_build, torch_from_two_sources
from envguard.rules.torch_companions import extension_abi, torch_companion_mismatch
from envguard.rules.user_site import user_site_active, user_site_not_on_path, user_site_shadows
from envguard.rules.widgets import widgets_version_mismatch

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
    package_cache_damaged,
    duplicate_dist_info,
    dist_info_without_metadata,
    dist_info_without_record,
    pip_file_missing,
    conda_depends_unmet,
    conda_constrains_violated,
    requires_dist_unmet,
    unpinned_vcs_install,
    editable_install,
    dead_link_install,
    temporary_url_install,
    conda_after_pip_rule,
    alternating_installers,
    pip_where_conda_has_it,
    mixed_channels,
    orphaned_site_packages,
    vendored_library_conflict,
    executable_pth,
    user_site_active,
    user_site_shadows,
    user_site_not_on_path,
    local_file_shadows,
    pythonpath_shadows,
    shell_pip_targets_other_python,
    no_pip_in_env,
    uv_targets_other_env,
    script_shebang_elsewhere,
    kernelspec_other_env,
    kernelspec_dead,
    kernelspec_overridden,
    not_activated,
    activation_points_elsewhere,
    proj_database_too_old,
    pip_in_base,
    conda_itself_damaged,
    widgets_version_mismatch,
    stale_module,
    module_version_differs,
    numpy_abi_mismatch,
    numpy2_with_old_extension,
    mkl_breaks_torch,
    pip_numpy_in_mkl_env,
    two_openmp_runtimes,
    kmp_duplicate_ok_set,
    threading_layer_conflict,
    wrong_libstdcxx,
    libstdcxx_too_old,
    system_libcrypto,
    needed_library_missing,
    hdf5_mismatch,
    arrow_mismatch,
    protobuf_mismatch,
    qt_plugin_path,
    cpu_features_missing,
    architecture_mismatch,
    torch_cpu_build,
    torch_from_two_sources,
    torch_companion_mismatch,
    extension_abi,
    cuda_shadowed_by_path,
    cuda_coexists,
    cuda_library_mismatch,
    nvidia_wheels_mismatch,
    cudatoolkit_not_linked,
    cuda_not_found_by_framework,
    needs_torch_imported_first,
    driver_too_old,
    gpu_arch_not_built,
    driver_library_mismatch,
    channels_not_strict,
    defaults_and_forge,
    pip_user_or_target_set,
    externally_managed,
    cell_shell_pip,
    cell_conda_after_pip,
    cell_unpinned,
    cell_breaks_constraint,
    install_log_warning,
    environment_file_without_pip,
    import_not_in_environment,
    stamp_differs,
    cell_magic_without_tool,
)
