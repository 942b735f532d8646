"""How much is measured: the full size, which the report speaks of, and small ones to try the benches themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sizes:
    """Everything that can be made larger or smaller; times are in seconds."""

    rows: int = 15_000_000  # reads that a search can see
    vehicles: int = 600_000
    cameras: int = 293
    rounds: int = 3  # each way once a round, one after the other
    copied: int = 50_000  # reads stored a round in batches of 5,000
    small: int = 5_000  # reads stored a round in batches of 50
    saved: int = 1_000  # reads stored a round one by one
    searches: int = 300  # of each kind, over all rounds
    seconds: float = 8.0  # of load on the door, each round
    connections: int = 10  # of the load: as many deliveries as two web processes hold, at work and waiting
    listed: int = 1_000_000  # plates of the hot list that reads are compared with
    peer_rows: int = 1_500_000
    peer_searches: int = 9  # of each kind, over all rounds
    day: int = 1_000_000  # reads of an upload day that is disposed of
    peer_day: int = 50_000
    pictures: int = 20_000  # of such a day
    beside: float = 3.0  # seconds of searches before and after a disposal
    ahead: float = 1.0  # seconds that the overrun lasts beyond the pages asked for meanwhile

    @property
    def a_day(self) -> int:
        """Reads of one upload day: a search sees thirty of them."""
        return self.rows // 30


FULL = Sizes()
QUICK = Sizes(
    rows=300_000,
    vehicles=12_000,
    copied=10_000,
    small=1_000,
    saved=200,
    searches=30,
    seconds=2.0,
    listed=20_000,
    peer_rows=30_000,
    peer_searches=3,
    day=20_000,
    peer_day=1_000,
    pictures=500,
    beside=1.0,
)
TINY = replace(
    QUICK,
    rows=3_000,
    vehicles=300,
    cameras=12,
    rounds=1,
    copied=200,
    small=100,
    saved=5,
    searches=2,
    seconds=0.1,
    connections=2,
    listed=2_000,
    peer_rows=300,
    peer_searches=1,
    day=300,
    peer_day=50,
    pictures=5,
    beside=0.05,
    ahead=0.1,
)
