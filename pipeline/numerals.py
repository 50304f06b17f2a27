"""Arabic and Chinese numerals to exact decimals."""

from __future__ import annotations

from decimal import Decimal

SCALES = {
    "百": Decimal(100),
    "千": Decimal(1000),
    "万": Decimal(10**4),
    "十万": Decimal(10**5),
    "百万": Decimal(10**6),
    "千万": Decimal(10**7),
    "亿": Decimal(10**8),
    "十亿": Decimal(10**9),
    "百亿": Decimal(10**10),
    "千亿": Decimal(10**11),
    "万亿": Decimal(10**12),
    "": Decimal(1),
}


def parse(text: str) -> Decimal:
    """Read a numeral.

    Parameters
    ----------
    text : str
        Arabic digits with or without thousands separators, or Chinese numerals below 万
        with or without 点.

    Returns
    -------
    Decimal

    Raises
    ------
    ValueError
        If it is no numeral.

    Examples
    --------
    >>> parse("1,200.50"), parse("三十五"), parse("一点五"), parse("百")
    (Decimal('1200.50'), Decimal('35'), Decimal('1.5'), Decimal('100'))
    """
    text = text.replace(",", "").replace(" ", "")
    if text[:1].isascii() and text[:1].isdigit():
        return Decimal(text)
    import cn2an  # compiles patterns of thousands of place names, a sixth of a second

    whole, point, fraction = text.partition("点")
    if whole[:1] in ("百", "千"):
        whole = "一" + whole
    value = Decimal(int(cn2an.cn2an(whole.replace("〇", "零"), "smart")))
    if point:
        digits = "".join(str(cn2an.cn2an(digit.replace("〇", "零"), "smart")) for digit in fraction)
        value += Decimal(f"0.{digits}")
    return value


def plain(value: Decimal) -> str:
    """Write a decimal without exponent or trailing zeros.

    Examples
    --------
    >>> plain(Decimal("189.25") * 10**8), plain(Decimal("8.70"))
    ('18925000000', '8.7')
    """
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
