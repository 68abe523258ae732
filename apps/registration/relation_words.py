"""Labels of relations to a child, in the child's words. Pure."""

RELATION_LABELS = {  # a code of people.models.Relation, or "" where a roster names the person
    "mother": "お｜母《かあ》さん",
    "father": "お｜父《とう》さん",
    "adoptive": "｜養子《ようし》に むかえた ｜親《おや》",
    "grandparent": "おじいさん・おばあさん",
    "foster": "｜里親《さとおや》さん",
    "legal": "｜親《おや》の かわりの ｜人《ひと》（｜未成年《みせいねん》｜後見人《こうけんにん》）",
    "home_head": "｜施設《しせつ》の ｜長《ちょう》の ｜人《ひと》",
    "home_staff": "｜施設《しせつ》の ｜人《ひと》",
    "guidance_head": "｜児童《じどう》｜相談所《そうだんじょ》の ｜所長《しょちょう》さん",
    "other": "そのほかの ｜人《ひと》",
    "": "｜学校《がっこう》の ｜名簿《めいぼ》の ｜保護者《ほごしゃ》",
}
