"""Encode explanations of predictions for the page."""

from __future__ import annotations

from kwidgets.insight.explain.explained import Explained
from kwidgets.insight.page.encode import number
from kwidgets.insight.page.pictures import PictureStore
from kwidgets.insight.protocol import Explanation
from kwidgets.insight.samples.pictures import heat_url


def encode_explanation(explained: Explained, pictures: PictureStore) -> Explanation:
    """Return an explanation as the page gets it.

    Args:
        explained: the explanation.
        pictures: keeps the heat map of a picture.
    """
    found = Explanation(method=explained.method, text=explained.text)
    if explained.shares.ndim == 2:
        found["picture"] = pictures.add(heat_url(explained.shares))
    else:
        found["shares"] = [number(share, 2) for share in explained.shares.tolist()]
    return found
