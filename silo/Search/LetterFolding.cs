using System.Collections.Frozen;
using System.Text;

namespace Lucid.Silo.Search;

/// <summary>
/// Takes case and accents off a letter. The product's culture is invariant, so the framework cannot take letters apart; the table has the
/// precomposed letters of Latin, Greek, Cyrillic, Arabic and Kana by Unicode's canonical decomposition, and the few whose stroke or form
/// Unicode does not take off. Letters of other scripts are found as they are written.
/// </summary>
internal static class LetterFolding
{
    // A letter without accents, and behind it those that become it.
    private static readonly string[] _accented =
    [
        "aàáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ", "bḃḅḇ", "cçćĉċčḉ", "dďḋḍḏḑḓđð", "eèéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ", "fḟ", "gĝğġģǧǵḡ", "hĥȟḣḥḧḩḫẖħ",
        "iìíîïĩīĭįǐȉȋḭḯỉịıİ", "jĵǰ", "kķǩḱḳḵ", "lĺļľḷḹḻḽł", "mḿṁṃ", "nñńņňǹṅṇṉṋ", "oòóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợøǿ", "pṕṗ",
        "rŕŗřȑȓṙṛṝṟ", "sśŝşšșṡṣṥṧṩſẛ", "tţťțṫṭṯṱẗŧ", "uùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự", "vṽṿ", "wŵẁẃẅẇẉẘ", "xẋẍ", "yýÿŷȳẏẙỳỵỷỹ",
        "zźżžẑẓẕ", "ʒǯ", "αάἀἁἂἃἄἅἆἇὰάᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ", "εέἐἑἒἓἔἕὲέ", "ηήἠἡἢἣἤἥἦἧὴήᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ", "ιΐίϊἰἱἲἳἴἵἶἷὶίιῐῑῒΐῖῗ", "οόὀὁὂὃὄὅὸό",
        "ρῤῥ", "σς", "υΰϋύὐὑὒὓὔὕὖὗὺύῠῡῢΰῦῧ", "ωώὠὡὢὣὤὥὦὧὼώᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ", "аӑӓ", "гѓ", "еѐёӗ", "жӂӝ", "зӟ", "ийѝӣӥ", "кќ", "оӧ", "уўӯӱӳ",
        "чӵ", "ыӹ", "эӭ", "ії", "ѵѷ", "әӛ", "өӫ", "اآأإ", "وؤ", "يئ", "ہۂ", "ےۓ", "ەۀ", "うゔ", "かが", "きぎ", "くぐ", "けげ", "こご", "さざ", "しじ",
        "すず", "せぜ", "そぞ", "ただ", "ちぢ", "つづ", "てで", "とど", "はばぱ", "ひびぴ", "ふぶぷ", "へべぺ", "ほぼぽ", "ゝゞ", "ウヴ", "カガ", "キギ", "クグ", "ケゲ", "コゴ",
        "サザ", "シジ", "スズ", "セゼ", "ソゾ", "タダ", "チヂ", "ツヅ", "テデ", "トド", "ハバパ", "ヒビピ", "フブプ", "ヘベペ", "ホボポ", "ワヷ", "ヰヸ", "ヱヹ", "ヲヺ", "ヽヾ",
    ];

    private static readonly FrozenDictionary<int, string> _folded = _accented
        .SelectMany(row => row.Skip(1).Select(letter => (Letter: (int)letter, Folded: row[..1])))
        .Concat([('ß', "ss"), ('æ', "ae"), ('ǣ', "ae"), ('ǽ', "ae"), ('œ', "oe"), ('þ', "th"), ('ĳ', "ij")])
        .ToFrozenDictionary(one => one.Letter, one => one.Folded);

    public static string Fold(Rune letter)
    {
        var lower = Rune.ToLowerInvariant(letter);
        return _folded.TryGetValue(lower.Value, out var folded) ? folded : lower.ToString();
    }
}
