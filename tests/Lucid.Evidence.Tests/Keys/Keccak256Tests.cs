using System.Text;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Tests.Keys;

public sealed class Keccak256Tests
{
    // The empty message of the Keccak team's ShortMsgKAT_256.txt, and two that other implementations show.
    [Theory]
    [InlineData("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [InlineData("testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02")]
    public void HashData_KnownMessages_GiveTheirHashes(string text, string hash) =>
        Assert.Equal(hash, Convert.ToHexStringLower(Keccak256.HashData(Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void HashData_OfNothing_IsNotSha3() =>
        Assert.NotEqual("a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a", Convert.ToHexStringLower(Keccak256.HashData([])));

    [Fact]
    public void HashData_AroundTheBlockOf136Bytes_GivesDifferentHashes() =>
        Assert.Equal(8, Enumerable.Range(132, 8).Select(length => Convert.ToHexString(Keccak256.HashData(new byte[length]))).Distinct().Count());
}
