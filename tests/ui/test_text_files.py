"""Text files in the encodings that occur."""

from __future__ import annotations

import pytest

from bot.ui.text_files import decoded_text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Ça va? Voilà un fichier texte ordinaire, où sont écrites quelques phrases. Été, naïveté, garçon.", "cp1252"),
        ("Grüße aus München! Dies ist eine Datei, in der einige Sätze stehen. Straße, Öl, Äpfel.", "cp1252"),
        ("Zażółć gęślą jaźń. To jest zwykły plik tekstowy, w którym zapisano kilka zdań.", "cp1250"),
        ("Merhaba dünya, bu sıradan bir metin dosyası; içinde birkaç cümle yazılı. Şöyle ışıklar.", "cp1254"),
        ("Καλημέρα κόσμε, αυτό είναι ένα συνηθισμένο αρχείο κειμένου με μερικές προτάσεις.", "cp1253"),
        ("Привет, мир! Это обычный файл, в котором записано несколько предложений.", "cp1251"),
        ("Привет, мир! Это обычный файл, в котором записано несколько предложений.", "koi8_r"),
        ("Привет, мир! Это обычный файл, в котором записано несколько предложений.", "cp866"),
        ("Привет, мир! Это обычный файл, в котором записано несколько предложений.", "iso8859_5"),
        ("Привіт, світе! Це звичайний файл, у якому записано кілька речень. Їх треба прочитати.", "koi8_u"),
        ("שלום עולם, זהו קובץ טקסט רגיל שבו כתובים כמה משפטים. צריך לקרוא אותם ולהבין במה מדובר.", "cp1255"),
        ("مرحبا بالعالم، هذا ملف نصي عادي كتبت فيه بعض الجمل. يجب قراءتها.", "cp1256"),
        ("สวัสดีชาวโลก นี่คือไฟล์ข้อความธรรมดาที่มีประโยคหลายประโยคให้อ่าน", "cp874"),
        ("こんにちは世界。これは普通のテキストファイルで、いくつかの文が書かれています。", "shift_jis"),
        ("こんにちは世界。これは普通のテキストファイルで、いくつかの文が書かれています。", "euc_jp"),
        ("你好,世界。这是一个普通的文本文件,里面写了几句话,需要阅读。", "gb18030"),
        ("안녕하세요 세계. 이것은 몇 개의 문장이 적혀 있는 평범한 텍스트 파일입니다.", "euc_kr"),
    ],
)
def test_a_text_is_read_in_the_encoding_of_its_country(text: str, encoding: str) -> None:
    assert decoded_text(text.encode(encoding)) == text
