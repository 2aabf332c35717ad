#!/usr/bin/python
"""Ansible module: folders and files as they should be, all of them in one visit to the host.

``file``, ``copy`` and ``template`` visit it once or twice for each; a cluster has hundreds.
"""

import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: tree
short_description: Folders and files as they should be, all in one visit to the host
options:
  paths:
    description: In this order, each with path, mode, and owner and group where they matter;
      what has content is a file, what has none a folder.
    type: list
    elements: dict
    required: true
"""

ENTRY = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str"},
    "mode": {"type": "str", "required": True},
    "owner": {"type": "str"},
    "group": {"type": "str"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "paths": {"type": "list", "elements": "dict", "options": ENTRY, "required": True}
        }
    )
    changed = [entry["path"] for entry in module.params["paths"] if settle(module, entry)]
    module.exit_json(changed=bool(changed), paths=changed)


def settle(module: AnsibleModule, entry: dict) -> bool:
    """Make one path what it should be; whether it wasn't."""
    path, content = entry["path"], entry["content"]
    changed = False
    if content is None:
        if not Path(path).is_dir():
            Path(path).mkdir(parents=True)
            changed = True
    elif not Path(path).exists() or Path(path).read_bytes() != content.encode():
        with tempfile.NamedTemporaryFile(dir=module.tmpdir, delete=False) as file:
            file.write(content.encode())
        module.atomic_move(file.name, path)
        changed = True
    changed = module.set_mode_if_different(path, entry["mode"], changed)
    changed = module.set_owner_if_different(path, entry["owner"], changed)
    return module.set_group_if_different(path, entry["group"], changed)


if __name__ == "__main__":
    main()
