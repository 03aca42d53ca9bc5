"""Report what was spent, by day and model, as text and as a plot (spending.svg)."""

import os
from collections import defaultdict
from pathlib import Path

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)

# Something to report on; a real account has a history.
client.chat.completions.create(messages=[{"role": "user", "content": "Count the bees."}])
client.image.generate("bees to count", width=256, height=256)

days: defaultdict[str, float] = defaultdict(float)
models: defaultdict[str, float] = defaultdict(float)
for record in client.account.usage(limit=1000).usage:
    days[record.timestamp[:10]] += record.cost_usd
    models[record.model or "unknown"] += record.cost_usd

print("pollen left:", round(client.account.balance().balance, 4))
for model, cost in sorted(models.items(), key=lambda item: -item[1]):
    print(f"{cost:10.6f}  {model}")

BAR, HEIGHT = 40, 120
highest = max(days.values(), default=0) or 1
bars = [
    f'<rect x="{BAR * number}" y="{HEIGHT * (1 - cost / highest):.1f}" width="{BAR - 4}" '
    f'height="{HEIGHT * cost / highest:.1f}"><title>{day}: {cost:.6f} pollen</title></rect>'
    for number, (day, cost) in enumerate(sorted(days.items()))
]
Path("spending.svg").write_text(
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{BAR * len(bars)}" height="{HEIGHT}" '
    f'fill="seagreen">{"".join(bars)}</svg>\n',
    encoding="utf-8",
)
print("plot: spending.svg,", len(bars), "days")
