"""A genome of two chromosomes and a few tracks on it, small and made up, so that IGV opens sessions offline."""

from __future__ import annotations

import random
from pathlib import Path

CHROMOSOMES = {"chr1": 12_000, "chr2": 6_000}
LINE = 60


def make(folder: Path) -> Path:
    """``folder`` gets ``tiny.fa`` with its index, and the tracks; the FASTA's path comes back."""
    folder.mkdir(parents=True, exist_ok=True)
    fasta, index = _fasta()
    (folder / "tiny.fa").write_text(fasta)
    (folder / "tiny.fa.fai").write_text(index)
    for name, text in _tracks().items():
        (folder / name).write_text(text)
    return folder / "tiny.fa"


def _fasta() -> tuple[str, str]:
    chance = random.Random(16)
    text, index = "", ""
    for name, length in CHROMOSOMES.items():
        text += f">{name}\n"
        index += f"{name}\t{length}\t{len(text)}\t{LINE}\t{LINE + 1}\n"
        bases = "".join(chance.choices("ACGT", k=length))
        text += "".join(f"{bases[at : at + LINE]}\n" for at in range(0, length, LINE))
    return text, index


def _tracks() -> dict[str, str]:
    genes = "".join(f"chr1\t{at}\t{at + 400}\tgene{at // 1000}\t0\t+\n" for at in range(1000, 9000, 1000))
    other = "".join(f"chr2\t{at}\t{at + 200}\tother{at // 500}\t0\t-\n" for at in range(500, 5000, 500))
    cover = "".join(f"chr1\t{at}\t{at + 100}\t{at % 7}\n" for at in range(0, 9000, 100))
    signal = "fixedStep chrom=chr1 start=1 step=100 span=100\n" + "".join(f"{at % 11}\n" for at in range(90))
    variants = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    variants += "".join(f"chr1\t{at}\t.\tA\tG\t50\tPASS\t.\n" for at in range(1100, 6000, 700))
    return {
        "genes.bed": genes,
        "other genes é.bed": other,
        "cover.bedgraph": cover,
        "signal.wig": signal,
        "variants.vcf": variants,
    }
