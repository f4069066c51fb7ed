using FsCheck;
using FsCheck.Fluent;
using Lucid.Evidence.Keys;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class LoginMessageTests
{
    private const string Onion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";
    private const string Nonce = "AAECAwQFBgcICQoLDA0ODw";

    private static readonly WalletAddress _address = WalletAddress.Parse("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB");
    private static readonly DateTimeOffset _expires = new(2026, 3, 1, 12, 5, 9, TimeSpan.Zero);

    private static LoginMessage Message(string domain = "node.example") => new(domain, _address, Nonce, _expires);

    [Fact]
    public void ToString_IsTheDocumentedText() => Assert.Equal(
        "node.example login\nTAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB\nNonce: AAECAwQFBgcICQoLDA0ODw\nExpires: 2026-03-01T12:05:09Z", Message().ToString());

    [Fact]
    public void ToString_OfTheLongestDomain_IsWhatALedgerSigns()
    {
        var longest = $"{new string('a', 63)}.{new string('b', 63)}.{new string('c', LoginMessage.MaxDomainLength - 128)}";
        Assert.Equal(LoginMessage.MaxDomainLength, longest.Length);
        var message = Message(longest);
        Assert.Equal(LoginMessage.MaxLength, message.ToArray().Length);
        Assert.True(LoginMessage.TryParse(message.ToString(), out var read));
        Assert.Equal(message, read);
        Assert.Contains("Ledger", LoginMessage.FindProblem(longest + "c"), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Message(longest + "c"));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("localhost:8443")]
    [InlineData("127.0.0.1:1")]
    [InlineData("node.example:65535")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData(Onion)]
    [InlineData(Onion + ":8443")]
    public void FindProblem_AHost_HasNone(string domain)
    {
        Assert.Null(LoginMessage.FindProblem(domain));
        Assert.True(LoginMessage.TryParse(Message(domain).ToString(), out var read));
        Assert.Equal(Message(domain), read);
    }

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("", "empty")]
    [InlineData("Node.example", "lower case")]
    [InlineData("https://node.example", "URL")]
    [InlineData("node.example/login", "URL")]
    [InlineData("node.example.", "host name")]
    [InlineData(".example", "host name")]
    [InlineData("node..example", "host name")]
    [InlineData("-node.example", "host name")]
    [InlineData("node-.example", "host name")]
    [InlineData("node example", "host name")]
    [InlineData("node.example\n", "host name")]
    [InlineData("bücher.example", "punycode")]
    [InlineData("node.example:", "port")]
    [InlineData("node.example:0", "port")]
    [InlineData("node.example:080", "port")]
    [InlineData("node.example:65536", "port")]
    [InlineData("node.example:+80", "port")]
    [InlineData("node.example:٣", "port")]
    [InlineData(":80", "host name")]
    [InlineData("[::1]:8443", "IPv6")]
    [InlineData("::1", "IPv6")]
    [InlineData("user@node.example", "host name")]
    public void FindProblem_NoHost_SaysWhatToDo(string? domain, string word)
    {
        Assert.Contains(word, LoginMessage.FindProblem(domain), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Message(domain!));
    }

    [Fact]
    public void FindProblem_ALabelOf64_IsNone()
    {
        Assert.Null(LoginMessage.FindProblem(new string('a', 63)));
        Assert.NotNull(LoginMessage.FindProblem(new string('a', 64)));
    }

    [Fact]
    public void Constructor_ANonceOrTimeThatCannotBeWritten_IsRefused()
    {
        foreach (var nonce in new[] { "", "AAECAwQFBgcICQoLDA0OD", Nonce + "=", Nonce + "==", Nonce[..21] + "x", Nonce[..21] + "+", Nonce[..21] + " ", Nonce + "AA" })
            Assert.Throws<ArgumentException>(() => new LoginMessage("a", _address, nonce, _expires));
        Assert.Throws<ArgumentException>(() => new LoginMessage("a", _address, Nonce, _expires.AddTicks(1)));
        Assert.Throws<ArgumentException>(() => new LoginMessage("a", _address, Nonce, _expires.ToOffset(TimeSpan.FromHours(1))));
    }

    [Fact]
    public void TryParse_WhatTheMakerWouldNotHaveWritten_IsRefused()
    {
        var text = Message().ToString();
        string[] refused =
        [
            "", "\n\n\n", text + "\n", "\n" + text, " " + text, text + " ", text + "\0", text.Replace("\n", "\r\n", StringComparison.Ordinal), text.Replace("\n", "", StringComparison.Ordinal),
            text.Replace(" login", "  login", StringComparison.Ordinal), text.Replace(" login", " Login", StringComparison.Ordinal), text.Replace(" login", "", StringComparison.Ordinal),
            text.Replace("node.example", "Node.example", StringComparison.Ordinal), text.Replace("node.example", "", StringComparison.Ordinal),
            text.Replace("Nonce: ", "Nonce:", StringComparison.Ordinal), text.Replace("Nonce: ", "nonce: ", StringComparison.Ordinal), text.Replace("Nonce: ", "Nonce:  ", StringComparison.Ordinal),
            text.Replace(Nonce, Nonce[..21] + "x", StringComparison.Ordinal), text.Replace(Nonce, Nonce + "==", StringComparison.Ordinal),
            text.Replace("Z", "", StringComparison.Ordinal), text.Replace("09Z", "09z", StringComparison.Ordinal), text.Replace("09Z", "09+00:00", StringComparison.Ordinal),
            text.Replace("09Z", "09.0Z", StringComparison.Ordinal), text.Replace("09Z", "9Z", StringComparison.Ordinal), text.Replace("09Z", "60Z", StringComparison.Ordinal),
            text.Replace("03-01", "02-29", StringComparison.Ordinal), text.Replace("T12", " 12", StringComparison.Ordinal), text.Replace("T12", "T24", StringComparison.Ordinal),
            text.Replace("2026", "٢٠٢٦", StringComparison.Ordinal), text.Replace("2026", "0000", StringComparison.Ordinal),
            text.Replace("TAf1", "TAf2", StringComparison.Ordinal), text + "\nMore: 1", new string('a', 255), new string('\n', 100_000),
        ];
        Assert.All(refused, each => Assert.False(LoginMessage.TryParse(each, out _), each));
        Assert.False(LoginMessage.TryParse(null, out _));
        Assert.True(LoginMessage.TryParse(text, out _));
    }

    [Fact]
    public void TryParse_OfAnyMessage_IsThatMessage()
    {
        var messages = from label in Gen.Elements("abcdefghijklmnopqrstuvwxyz0123456789".ToCharArray()).NonEmptyListOf()
                       from port in Gen.Choose(0, 65535)
                       from id in ArbMap.Default.GeneratorFor<byte>().ArrayOf(20)
                       from nonce in ArbMap.Default.GeneratorFor<byte>().ArrayOf(LoginMessage.NonceSize)
                       from seconds in Gen.Choose(0, int.MaxValue)
                       let domain = new string([.. label.Take(63)]) + (port == 0 ? "" : $":{port}")
                       select new LoginMessage(domain, WalletAddress.Parse(Base58Check.Encode([0x41, .. id])),
                           System.Buffers.Text.Base64Url.EncodeToString(nonce), DateTimeOffset.FromUnixTimeSeconds(3L * seconds));
        Prop.ForAll(messages.ToArbitrary(), message =>
        {
            Assert.True(LoginMessage.TryParse(message.ToString(), out var read));
            Assert.Equal(message, read);
            Assert.True(message.ToArray().Length <= LoginMessage.MaxLength);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void TryParse_AnyText_IsRefusedOrWrittenTheSame()
    {
        var text = Message().ToString();
        var near = from place in Gen.Choose(0, text.Length - 1)
                   from length in Gen.Choose(0, 3)
                   from other in Gen.OneOf(ArbMap.Default.GeneratorFor<string>().Select(part => part ?? ""), Gen.Elements("0", "1", "9", "a", "Z", "\n", " ", ":", ".", "-", "_", "="))
                   select text[..place] + other + text[Math.Min(text.Length, place + length)..];
        Prop.ForAll(Gen.OneOf(ArbMap.Default.GeneratorFor<string>(), near, near, near).ToArbitrary(), each =>
        {
            if (LoginMessage.TryParse(each, out var read))
                Assert.Equal(each, read.ToString());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }
}
