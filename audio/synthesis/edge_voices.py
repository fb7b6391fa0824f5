"""Edge's voices that have existed for years: two per locale, for when its catalogue cannot be fetched."""

from __future__ import annotations

from audio.synthesis.voices import Gender, Voice

_LOCALE_FEMALE_MALE = (
    ("af-ZA", "Adri", "Willem"),
    ("sq-AL", "Anila", "Ilir"),
    ("am-ET", "Mekdes", "Ameha"),
    ("ar-SA", "Zariyah", "Hamed"),
    ("ar-EG", "Salma", "Shakir"),
    ("az-AZ", "Banu", "Babek"),
    ("bn-BD", "Nabanita", "Pradeep"),
    ("bs-BA", "Vesna", "Goran"),
    ("bg-BG", "Kalina", "Borislav"),
    ("my-MM", "Nilar", "Thiha"),
    ("ca-ES", "Joana", "Enric"),
    ("zh-CN", "Xiaoxiao", "Yunxi"),
    ("zh-TW", "HsiaoChen", "YunJhe"),
    ("zh-HK", "HiuMaan", "WanLung"),
    ("hr-HR", "Gabrijela", "Srecko"),
    ("cs-CZ", "Vlasta", "Antonin"),
    ("da-DK", "Christel", "Jeppe"),
    ("nl-NL", "Colette", "Maarten"),
    ("en-US", "Aria", "Guy"),
    ("en-GB", "Sonia", "Ryan"),
    ("et-EE", "Anu", "Kert"),
    ("fil-PH", "Blessica", "Angelo"),
    ("fi-FI", "Noora", "Harri"),
    ("fr-FR", "Denise", "Henri"),
    ("gl-ES", "Sabela", "Roi"),
    ("ka-GE", "Eka", "Giorgi"),
    ("de-DE", "Katja", "Conrad"),
    ("el-GR", "Athina", "Nestoras"),
    ("gu-IN", "Dhwani", "Niranjan"),
    ("he-IL", "Hila", "Avri"),
    ("hi-IN", "Swara", "Madhur"),
    ("hu-HU", "Noemi", "Tamas"),
    ("is-IS", "Gudrun", "Gunnar"),
    ("id-ID", "Gadis", "Ardi"),
    ("ga-IE", "Orla", "Colm"),
    ("it-IT", "Elsa", "Diego"),
    ("ja-JP", "Nanami", "Keita"),
    ("jv-ID", "Siti", "Dimas"),
    ("kn-IN", "Sapna", "Gagan"),
    ("kk-KZ", "Aigul", "Daulet"),
    ("km-KH", "Sreymom", "Piseth"),
    ("ko-KR", "SunHi", "InJoon"),
    ("lo-LA", "Keomany", "Chanthavong"),
    ("lv-LV", "Everita", "Nils"),
    ("lt-LT", "Ona", "Leonas"),
    ("mk-MK", "Marija", "Aleksandar"),
    ("ms-MY", "Yasmin", "Osman"),
    ("ml-IN", "Sobhana", "Midhun"),
    ("mt-MT", "Grace", "Joseph"),
    ("mr-IN", "Aarohi", "Manohar"),
    ("mn-MN", "Yesui", "Bataa"),
    ("ne-NP", "Hemkala", "Sagar"),
    ("nb-NO", "Pernille", "Finn"),
    ("ps-AF", "Latifa", "GulNawaz"),
    ("fa-IR", "Dilara", "Farid"),
    ("pl-PL", "Zofia", "Marek"),
    ("pt-BR", "Francisca", "Antonio"),
    ("pt-PT", "Raquel", "Duarte"),
    ("ro-RO", "Alina", "Emil"),
    ("ru-RU", "Svetlana", "Dmitry"),
    ("sr-RS", "Sophie", "Nicholas"),
    ("si-LK", "Thilini", "Sameera"),
    ("sk-SK", "Viktoria", "Lukas"),
    ("sl-SI", "Petra", "Rok"),
    ("so-SO", "Ubax", "Muuse"),
    ("es-ES", "Elvira", "Alvaro"),
    ("es-MX", "Dalia", "Jorge"),
    ("su-ID", "Tuti", "Jajang"),
    ("sw-KE", "Zuri", "Rafiki"),
    ("sv-SE", "Sofie", "Mattias"),
    ("ta-IN", "Pallavi", "Valluvar"),
    ("te-IN", "Shruti", "Mohan"),
    ("th-TH", "Premwadee", "Niwat"),
    ("tr-TR", "Emel", "Ahmet"),
    ("uk-UA", "Polina", "Ostap"),
    ("ur-PK", "Uzma", "Asad"),
    ("uz-UZ", "Madina", "Sardor"),
    ("vi-VN", "HoaiMy", "NamMinh"),
    ("cy-GB", "Nia", "Aled"),
    ("zu-ZA", "Thando", "Themba"),
)
"""From the service's own list; a language's first locale is used if no region is requested."""


def edge_voice(name: str, locale: str, gender: Gender) -> Voice:
    """A voice as the service lists it; people are shown ``Ava`` for ``en-US-AvaNeural``."""
    return Voice(name, locale, gender, "edge", name.removeprefix(f"{locale}-").removesuffix("Neural"))


def _well_known() -> tuple[Voice, ...]:
    genders: tuple[Gender, Gender] = (Gender.FEMALE, Gender.MALE)
    return tuple(
        edge_voice(f"{locale}-{name}Neural", locale, gender)
        for locale, *names in _LOCALE_FEMALE_MALE
        for name, gender in zip(names, genders, strict=True)
    )


WELL_KNOWN = _well_known()
