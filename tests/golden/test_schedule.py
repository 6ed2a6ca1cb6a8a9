#!/usr/bin/env python3
"""Who is on duty, over every zone and every change of clocks from 2000 to 2037: what
schedule_walk prints is reckoned once more with Python's zoneinfo, day by day."""
import concurrent.futures
import datetime
import os
import subprocess
import sys
import zoneinfo

UTC = datetime.timezone.utc
ANCHOR = datetime.date(2000, 1, 3)
PEOPLE = ["ana", "piotr", "mei"]
KINDS = {"weekly": (7, 150), "fortnightly": (14, 180), "daily-0000": (1, 0), "daily-0230": (1, 150),
         "three-days": (3, 60), "nights": (7, 720)}
NIGHT = (22 * 60 + 30, 2 * 60 + 15)


def seconds(moment):
    return int(moment.timestamp())


def offset(zone, at):
    return datetime.datetime.fromtimestamp(at, zone).utcoffset()


def instant(zone, day, minute, end=False):
    """When clocks show it: the first time as a start, the last as an end; where they skip
    it, when they do."""
    local = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(minutes=minute)
    first, last = (seconds(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    naive = datetime.datetime.fromtimestamp(first, zone).replace(tzinfo=None, fold=0)
    if naive == local:
        return last if end else first
    low, high = min(first, last) - 1, max(first, last)  # somewhere between the offset changes
    before = offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
    return high


def turn_of(zone, kind, at):
    """The number of the turn that begins at that instant, or None."""
    days, minute = KINDS[kind]
    today = datetime.datetime.fromtimestamp(at, zone).date()
    for day in (today + datetime.timedelta(days=d) for d in (0, -1, 1)):
        number, rest = divmod((day - ANCHOR).days, days)
        if rest == 0 and instant(zone, day, minute) == at:
            return number
    return None


def night_edge(zone, at, begins):
    today = datetime.datetime.fromtimestamp(at, zone).date()
    days = (today + datetime.timedelta(days=d) for d in (-1, 0, 1))
    return any(instant(zone, day, NIGHT[0] if begins else NIGHT[1], end=not begins) == at for day in days)


def check(name, kind, lines):
    """lines: (instant, person) in order."""
    zone = zoneinfo.ZoneInfo(name)
    if kind == "nights":
        for at, person in lines:
            assert night_edge(zone, at, person != "-"), (name, kind, at, person)
        return
    days = KINDS[kind][0]
    before = None
    for at, person in lines:
        number = turn_of(zone, kind, at)
        assert number is not None, f"{name} {kind}: no turn begins at {at}"
        assert person == PEOPLE[number % 3], (name, kind, at, person)
        if before is not None and at - before[1] < 2 * days * 86400:
            skipped = number - before[0] - 1
            # A day that never was has a turn without length.
            assert all(instant(zone, ANCHOR + datetime.timedelta(days=days * (before[0] + 1 + i)), KINDS[kind][1]) == at
                       for i in range(skipped)), (name, kind, at)
        before = (number, at)


def look(walk, names):
    """How many boundaries, all of them right, these zones have."""
    done = subprocess.run([walk, *names], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    found = {}
    for line in done.stdout.splitlines():
        name, kind, at, person = line.split()
        found.setdefault((name, kind), []).append((int(at), person))
    for (name, kind), lines in found.items():
        check(name, kind, lines)
    return sum(map(len, found.values()))


def zones_of_the_machine():
    """All names, and one of each file."""
    zoneinfo.reset_tzpath(to=["/usr/share/zoneinfo"])
    names = sorted(n for n in zoneinfo.available_timezones()
                   if n != "localtime" and not n.startswith(("right/", "posix/")))
    real = {}
    for name in names:
        real.setdefault(os.path.realpath(f"/usr/share/zoneinfo/{name}"), name)
    return names, list(real.values())


def main():
    walk = sys.argv[1]
    names, zones = zones_of_the_machine()
    parts = 4 * (os.cpu_count() or 1)
    with concurrent.futures.ProcessPoolExecutor() as pool:
        boundaries = sum(pool.map(look, [walk] * parts, [zones[i::parts] for i in range(parts)]))
    assert len(zones) > 300 and boundaries > 500_000, (len(zones), boundaries)
    print(f"{len(names)} zones ({len(zones)} different), {boundaries} boundaries")


if __name__ == "__main__":
    main()
