#!/usr/bin/env python3
"""The same boundaries as test_schedule.py looks at, reckoned by npm's luxon: by the zones of
this machine, and by those of Node, which may be of another release (tests/peers says how
that is told from a fault)."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from golden.test_schedule import zones_of_the_machine
from support.peers import PEERS, node


def main():
    walk = str(pathlib.Path(sys.argv[1]).resolve())
    subprocess.run([PEERS.parent.parent / "tools/peers"], check=True)
    _, zones = zones_of_the_machine()
    parts = os.cpu_count() or 1
    running = []
    for i in range(parts):
        walking = subprocess.Popen([walk, *zones[i::parts]], stdout=subprocess.PIPE)
        luxon = subprocess.Popen(node("luxon_schedule.mjs"), cwd=PEERS, stdin=walking.stdout,
                                 stdout=subprocess.PIPE, text=True)
        walking.stdout.close()
        running.append((walking, luxon))
    seen, boundaries, release = 0, 0, {}
    for walking, luxon in running:
        said = luxon.communicate()[0]
        assert luxon.returncode == 0, said[-2000:]
        assert walking.wait() == 0, "schedule_walk"
        result = json.loads(said.splitlines()[-1])
        seen += result["zones"]
        boundaries += result["boundaries"]
        release.update(result["release"])
        assert result["unknown"] in ([], ["Factory"]), result["unknown"]
    assert seen == len(zones) and boundaries > 2_000_000, (seen, boundaries)
    print(f"{seen} zones, {boundaries} boundaries; the machine has {result['machine']}, Node {result['node']}; "
          f"otherwise in {release or 'none'}")


if __name__ == "__main__":
    main()
