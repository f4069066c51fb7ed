namespace Lucid.Client.Tests;

/// <summary>What a key may be used on.</summary>
public sealed class LoginChallengeTests
{
    private const string Address = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";
    private const string Other = "TG8kzYUD9wmrotYREZaucMK7hj91afW8Lt";
    private const string Nonce = "AAECAwQFBgcICQoLDA0ODw";

    private static readonly DateTimeOffset _now = new(2030, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Message_IsReadWhole()
    {
        var challenge = LoginChallenge.Read(Message());

        Assert.Equal(new LoginChallenge("lucid.example", Address, _now.AddMinutes(5), Message()), challenge);
    }

    public static TheoryData<string> OtherTexts =>
    [
        "",
        "Pay 100 to TG8kzYUD9wmrotYREZaucMK7hj91afW8Lt",
        Message() + "\n",
        Message() + "\nI owe you everything.",
        "\n" + Message(),
        Message().Replace(" login", " logout", StringComparison.Ordinal),
        Message().Replace(Address, Address[..^1] + "C", StringComparison.Ordinal),
        Message().Replace(Nonce, Nonce[..^1], StringComparison.Ordinal),
        Message().Replace(Nonce, Nonce[..^1] + "!", StringComparison.Ordinal),
        Message().Replace("12:05:00Z", "12:05:00+01:00", StringComparison.Ordinal),
        Message().Replace("2030-01-31", "2030-01-32", StringComparison.Ordinal),
        Message().Replace("lucid.example", "Lucid.example", StringComparison.Ordinal),
        Message().Replace("lucid.example", "", StringComparison.Ordinal),
        Message().Replace("lucid.example", "lucid.example/", StringComparison.Ordinal),
        // What a terminal would obey, and what looks like another letter.
        Message().Replace("lucid.example", "\u001b[2Jlucid.example", StringComparison.Ordinal),
        Message().Replace("lucid.example", "luc\u0456d.example", StringComparison.Ordinal),
        Message().Replace("lucid.example", new string('a', 256), StringComparison.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(OtherTexts))]
    public void Text_ThatIsNoMessageForSigningIn_IsNone(string text) => Assert.Null(LoginChallenge.Read(text));

    [Theory]
    [InlineData("lucid.example", "https://lucid.example/", true)]
    [InlineData("lucid.example", "https://LUCID.example:443/", true)]
    [InlineData("lucid.example", "https://lucid.example/behind/a/path/", true)]
    [InlineData("lucid.example", "http://lucid.example/", true)]
    [InlineData("lucid.example:8443", "https://lucid.example:8443/", true)]
    [InlineData("127.0.0.1:8080", "http://127.0.0.1:8080/", true)]
    [InlineData("lucid.example", "https://lucid.example.evil/", false)]
    [InlineData("lucid.example", "https://evil.example/lucid.example/", false)]
    [InlineData("lucid.example", "https://lucid.example@evil.example/", false)]
    [InlineData("lucid.example", "https://www.lucid.example/", false)]
    [InlineData("lucid.example", "https://lucid.example:8443/", false)]
    [InlineData("lucid.example:8443", "https://lucid.example/", false)]
    [InlineData("lucid.example:443", "https://lucid.example/", false)]
    [InlineData("lucid.example", "https://lucid.example:80/", false)]
    [InlineData("lucid.example", "https://lucid.example./", false)]
    [InlineData("xn--lucd-opa.example", "https://luc\u00eed.example/", false)]
    [InlineData("localhost:8080", "http://127.0.0.1:8080/", false)]
    public void Domain_HasToBeTheHostThatTheUserNamed(string domain, string url, bool signs)
    {
        var problem = LoginChallenge.Read(Message(domain))!.FindProblem(new Uri(url), Address, _now);

        if (signs)
            Assert.Null(problem);
        else
            Assert.Contains($"lets its bearer in at {domain}, so it may be passing on", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Address_HasToBeTheWallets()
    {
        var problem = LoginChallenge.Read(Message())!.FindProblem(new Uri("https://lucid.example/"), Other, _now);
        Assert.Equal($"https://lucid.example asks for a signature of {Address}, and this is the wallet of {Other}. Nothing was signed.", problem);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public void Expiry_HasToBeToCome(int secondsAfter, bool signs)
    {
        var problem = LoginChallenge.Read(Message())!.FindProblem(new Uri("https://lucid.example/"), Address, _now.AddMinutes(5).AddSeconds(secondsAfter));
        Assert.Equal(signs, problem is null);
        if (!signs)
            Assert.Contains("has expired at 2030-01-31 12:05:00 UTC", problem, StringComparison.Ordinal);
    }

    private static string Message(string domain = "lucid.example", string address = Address, string expires = "2030-01-31T12:05:00Z") =>
        $"{domain} login\n{address}\nNonce: {Nonce}\nExpires: {expires}";
}
