"""Importing the room is cheap: `--help`, completion and `-f` must not pay for a cluster."""

import subprocess
import sys

MODULES = [
    *("api", "errors", "resources", "selectors", "options", "access", "kubeconfig"),
    *("auth", "transport", "watch", "proxies"),
]


def test_no_module_of_the_room_imports_the_network_when_it_is_imported() -> None:
    imports = "; ".join(f"import kubectl_ambient.kube.{name}" for name in MODULES)
    heavy = "{'kubernetes', 'urllib3', 'yaml', 'http.client', 'ssl', 'subprocess', 'logging', 'tempfile'}"
    code = f"{imports}; import sys; print(sorted({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_names_and_selectors_do_not_import_msgspec_either() -> None:
    code = (
        "import kubectl_ambient.kube.errors, kubectl_ambient.kube.resources, kubectl_ambient.kube.selectors,"
        " kubectl_ambient.kube.options, sys; print('msgspec' in sys.modules, 'ssl' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False False"
