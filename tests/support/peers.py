"""Programs of other makers that tests hold ours against: what the lock of tests/peers names."""
import pathlib

PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"


def node(*argv):
    """Node as the lock names it, where it has one for this machine. Its folder is PEERS."""
    pinned = list((PEERS / "node_modules").glob("node-linux-*/bin/node"))
    return [str(pinned[0]) if pinned else "node", *map(str, argv)]
