"""The page's look as Gradio knows it: every variable of its theme is one of our own palette.

The palette (`palette.css`) is the only place with colours; it has a light and a dark half, so one
value serves both. Nothing is fetched from elsewhere: the type is served by this app (`fonts.py`).
"""

from __future__ import annotations

import inspect

from gradio.themes.base import Base
from gradio.themes.utils import colors, sizes

from modules.ui.fonts import FALLBACKS, FAMILY

_COLOURS = {
    "body_background_fill": "paper",
    "body_text_color": "ink",
    "body_text_color_subdued": "ink-soft",
    "background_fill_primary": "sheet",
    "background_fill_secondary": "sunk",
    "border_color_primary": "line",
    "border_color_accent": "lacquer",
    "border_color_accent_subdued": "line",
    "color_accent_soft": "lacquer-soft",
    "block_background_fill": "sheet",
    "block_border_color": "line",
    "block_label_background_fill": "clear",
    "block_label_border_color": "clear",
    "block_label_text_color": "ink-soft",
    "block_title_background_fill": "clear",
    "block_title_border_color": "clear",
    "block_title_text_color": "ink",
    "block_info_text_color": "ink-soft",
    "panel_background_fill": "sheet",
    "panel_border_color": "line",
    "link_text_color": "accent",
    "link_text_color_active": "accent",
    "link_text_color_hover": "accent",
    "link_text_color_visited": "accent",
    "input_background_fill": "field",
    "input_background_fill_focus": "field",
    "input_background_fill_hover": "field",
    "input_border_color": "edge",
    "input_border_color_focus": "accent",
    "input_border_color_hover": "ink-soft",
    "input_placeholder_color": "ink-soft",
    "checkbox_background_color": "field",
    "checkbox_background_color_focus": "field",
    "checkbox_background_color_hover": "field",
    "checkbox_background_color_selected": "lacquer",
    "checkbox_border_color": "edge",
    "checkbox_border_color_focus": "accent",
    "checkbox_border_color_hover": "ink-soft",
    "checkbox_border_color_selected": "lacquer",
    "checkbox_label_background_fill": "field",
    "checkbox_label_background_fill_hover": "sunk",
    "checkbox_label_background_fill_selected": "lacquer-soft",
    "checkbox_label_border_color": "line",
    "checkbox_label_border_color_hover": "edge",
    "checkbox_label_border_color_selected": "lacquer",
    "checkbox_label_text_color": "ink",
    "checkbox_label_text_color_selected": "ink",
    "button_primary_background_fill": "lacquer",
    "button_primary_background_fill_hover": "lacquer-deep",
    "button_primary_border_color": "lacquer",
    "button_primary_border_color_hover": "lacquer-deep",
    "button_primary_text_color": "on-lacquer",
    "button_primary_text_color_hover": "on-lacquer",
    "button_secondary_background_fill": "field",
    "button_secondary_background_fill_hover": "sunk",
    "button_secondary_border_color": "edge",
    "button_secondary_border_color_hover": "ink-soft",
    "button_secondary_text_color": "ink",
    "button_secondary_text_color_hover": "ink",
    "button_cancel_background_fill": "field",
    "button_cancel_background_fill_hover": "lacquer-soft",
    "button_cancel_border_color": "accent",
    "button_cancel_border_color_hover": "accent",
    "button_cancel_text_color": "accent",
    "button_cancel_text_color_hover": "accent",
    "error_background_fill": "lacquer-soft",
    "error_border_color": "accent",
    "error_text_color": "accent",
    "error_icon_color": "accent",
    "loader_color": "accent",
    "slider_color": "lacquer",
    "stat_background_fill": "lacquer-soft",
    "table_border_color": "line",
    "table_even_background_fill": "sheet",
    "table_odd_background_fill": "sheet",
    "table_row_focus": "sunk",
    "table_text_color": "ink",
    "code_background_fill": "sunk",
}
"""Colours of Gradio's theme, by the name of one of ours."""

_SHAPES = {
    "layout_gap": "var(--guong-space-4)",
    "form_gap_width": "0px",
    "block_padding": "var(--guong-space-4)",
    "block_radius": "var(--guong-radius-m)",
    "block_border_width": "0px",
    "block_shadow": "none",
    "block_label_border_width": "0px",
    "block_label_padding": "8px 14px",
    "block_label_shadow": "none",
    "block_title_border_width": "0px",
    "block_title_padding": "0px",
    "block_title_text_weight": "600",
    "block_title_text_size": "15px",
    "block_info_text_size": "14px",
    "body_text_size": "16px",
    "prose_text_size": "16px",
    "prose_header_text_weight": "600",
    "container_radius": "var(--guong-radius-m)",
    "input_border_width": "1px",
    "input_padding": "10px 14px",
    "input_radius": "var(--guong-radius-s)",
    "input_shadow": "none",
    "input_shadow_focus": "0 0 0 2px var(--guong-halo)",
    "checkbox_label_shadow": "none",
    "checkbox_shadow": "none",
    "checkbox_label_border_width": "1px",
    "checkbox_border_radius": "5px",
    "button_border_width": "1px",
    "button_primary_shadow": "none",
    "button_primary_shadow_hover": "none",
    "button_primary_shadow_active": "none",
    "button_secondary_shadow": "none",
    "button_secondary_shadow_hover": "none",
    "button_secondary_shadow_active": "none",
    "button_cancel_shadow": "none",
    "button_cancel_shadow_hover": "none",
    "button_cancel_shadow_active": "none",
    "button_large_padding": "12px 22px",
    "button_large_radius": "var(--guong-radius-s)",
    "button_large_text_size": "16px",
    "button_large_text_weight": "600",
    "button_small_padding": "7px 14px",
    "button_small_radius": "var(--guong-radius-s)",
    "button_small_text_size": "14px",
    "button_small_text_weight": "500",
    "button_transition": "background-color 120ms, border-color 120ms",
}


class Theme(Base):
    """Lacquer, jade, ink and paper."""

    def __init__(self) -> None:
        fonts = (FAMILY, *FALLBACKS)
        super().__init__(
            primary_hue=colors.red,  # what a component takes without asking the theme
            secondary_hue=colors.emerald,
            neutral_hue=colors.stone,
            text_size=sizes.text_md,
            font=fonts,
            font_mono=("ui-monospace", "Consolas", "monospace"),
        )
        self.name = "guong"
        colours = {name: f"var(--guong-{colour})" for name, colour in _COLOURS.items()}
        values = {**colours, **_SHAPES}
        known = inspect.signature(self.set).parameters
        dark = {f"{name}_dark": value for name, value in values.items()}
        self.set(**values, **{name: value for name, value in dark.items() if name in known})
        self.color_accent = "var(--guong-lacquer)"
