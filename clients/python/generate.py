"""Generates the modules of the contract:  python3 generate.py

Writes src/presence_service/v1 and src/presence_service/google_rpc.binpb from ../../proto. Uses the package grpcio-tools if
it is installed, or else the Debian packages protobuf-compiler, protobuf-compiler-grpc and libprotobuf-dev.
"""

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROTO = HERE.parent.parent / 'proto'
PACKAGE = HERE / 'src' / 'presence_service'


def compiler() -> list[str]:
    if importlib.util.find_spec('grpc_tools') is not None:
        return [sys.executable, '-m', 'grpc_tools.protoc']
    plugin = shutil.which('grpc_python_plugin')
    if shutil.which('protoc') is None or plugin is None:
        sys.exit('generate.py needs grpcio-tools, or protoc and grpc_python_plugin')
    return ['protoc', f'--plugin=protoc-gen-grpc_python={plugin}']


def generate(package: Path) -> None:
    protos = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob('presence/v1/*.proto'))
    with tempfile.TemporaryDirectory(dir=package) as name:
        folder = Path(name)
        out = [f'--{kind}_out={folder}' for kind in ('python', 'pyi', 'grpc_python')]
        subprocess.run([*compiler(), '-I', str(PROTO), *out, *protos], check=True)
        # The details of errors. Only these two files, so that no installed copy of them is in conflict.
        details = ['google/rpc/status.proto', 'google/rpc/error_details.proto']
        described = folder / 'google_rpc.binpb'
        subprocess.run(
            [*compiler(), '-I', str(PROTO), '--include_imports', f'--descriptor_set_out={described}', *details], check=True
        )
        modules = folder / 'presence' / 'v1'
        for path in modules.iterdir():
            # The modules are inside this package, because "presence" could be the name of another one.
            path.write_text(re.sub(r'^from presence\.v1 import', 'from presence_service.v1 import', path.read_text(), flags=re.M))
        (modules / '__init__.py').write_text('"""The modules that protoc generates from the contract."""\n')
        shutil.rmtree(package / 'v1', ignore_errors=True)
        modules.rename(package / 'v1')
        described.rename(package / 'google_rpc.binpb')


if __name__ == '__main__':
    generate(PACKAGE)
