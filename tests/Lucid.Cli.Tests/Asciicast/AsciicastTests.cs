using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Lucid.Cli.Asciicast;

namespace Lucid.Cli.Tests.Asciicast;

public sealed class AsciicastTests
{
    private static readonly AsciicastHeader s_header = new(80, 24, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), "sh -c 'ls'", null);

    [Fact]
    public void Writer_Header_IsVersion2WithSizeAndTime()
    {
        var lines = Write(_ => { });

        using var json = JsonDocument.Parse(Assert.Single(lines));
        Assert.Equal(2, json.RootElement.GetProperty("version").GetInt32());
        Assert.Equal(80, json.RootElement.GetProperty("width").GetInt32());
        Assert.Equal(24, json.RootElement.GetProperty("height").GetInt32());
        Assert.Equal(1_700_000_000, json.RootElement.GetProperty("timestamp").GetInt64());
        Assert.Equal("sh -c 'ls'", json.RootElement.GetProperty("command").GetString());
    }

    [Fact]
    public void Writer_CharacterCutInTwo_IsWrittenWhole()
    {
        var euro = "€"u8.ToArray();

        var lines = Write(writer =>
        {
            writer.Output(TimeSpan.FromSeconds(1), euro.AsSpan(0, 2));
            writer.Output(TimeSpan.FromSeconds(2), euro.AsSpan(2));
        });

        Assert.Equal("[2.000000,\"o\",\"€\"]", lines[1]);
    }

    [Fact]
    public void Writer_EscapeSequences_AreEscapedAsJson()
    {
        var lines = Write(writer => writer.Output(TimeSpan.FromMilliseconds(1500), "\e[31m\"\\\r\n"u8));

        Assert.Equal("""[1.500000,"o","\u001B[31m\"\\\r\n"]""", lines[1]);
    }

    [Fact]
    public void Writer_BytesThatAreNoText_BecomeReplacementCharacters()
    {
        var lines = Write(writer =>
        {
            writer.Output(TimeSpan.Zero, [(byte)'a', 0xff, (byte)'b', 0xe2, 0x82]);
            writer.Finish(TimeSpan.FromSeconds(1));
        });

        Assert.Equal("[0.000000,\"o\",\"a\uFFFDb\"]", lines[1]);
        Assert.Equal("[1.000000,\"o\",\"\uFFFD\"]", lines[2]);
    }

    [Fact]
    public void Writer_TimeThatGoesBack_IsHeld()
    {
        var lines = Write(writer =>
        {
            writer.Output(TimeSpan.FromSeconds(3), "a"u8);
            writer.Resize(TimeSpan.FromSeconds(2), 100, 40);
        });

        Assert.Equal("[3.000000,\"r\",\"100x40\"]", lines[2]);
    }

    [Fact]
    public async Task Reader_WhatTheWriterWrote_ComesBack()
    {
        var text = string.Join('\n', Write(writer => writer.Output(TimeSpan.FromSeconds(1), "grüße 🎞\r\n"u8)));

        using var reader = await AsciicastReader.OpenAsync(Bytes(text), CancellationToken.None);

        Assert.Equal(s_header, reader.Header);
        Assert.Equal(new AsciicastEvent(TimeSpan.FromSeconds(1), "o", "grüße 🎞\r\n"), await reader.NextAsync(CancellationToken.None));
        Assert.Null(await reader.NextAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no json")]
    [InlineData("""{"version":1,"width":80,"height":24}""")]
    [InlineData("""{"version":2,"width":80}""")]
    [InlineData("""[1,"o","x"]""")]
    public async Task Reader_NoHeader_IsRefused(string text) =>
        await Assert.ThrowsAsync<CliException>(() => AsciicastReader.OpenAsync(Bytes(text), CancellationToken.None));

    [Theory]
    [InlineData("{}")]
    [InlineData("[1,2,3]")]
    [InlineData("[1]")]
    [InlineData("[-1,\"o\",\"x\"]")]
    [InlineData("[1,\"o\"")]
    public async Task Reader_NoEvent_IsRefusedWithItsLine(string line)
    {
        using var reader = await AsciicastReader.OpenAsync(Bytes($"{{\"version\":2,\"width\":80,\"height\":24}}\n{line}"), CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<CliException>(() => reader.NextAsync(CancellationToken.None).AsTask());

        Assert.Contains("Line 2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Player_SpeedAndIdleLimit_GiveEachEventItsTime()
    {
        var clock = new JumpingClock();
        var shown = new List<(TimeSpan, string)>();

        await Player(clock, shown, NoKeys(), (1, "a"), (3, "b"), (63, "c")).PlayAsync(
            new PlayerOptions(Speed: 2, IdleLimit: TimeSpan.FromSeconds(10), From: TimeSpan.Zero), CancellationToken.None);

        Assert.Equal([(TimeSpan.FromSeconds(0.5), "a"), (TimeSpan.FromSeconds(1.5), "b"), (TimeSpan.FromSeconds(6.5), "c")], shown);
    }

    [Fact]
    public async Task Player_From_ShowsWhatCameBeforeAtOnce()
    {
        var clock = new JumpingClock();
        var shown = new List<(TimeSpan, string)>();

        await Player(clock, shown, NoKeys(), (1, "a"), (3, "b"), (5, "c")).PlayAsync(
            new PlayerOptions(1, TimeSpan.MaxValue, TimeSpan.FromSeconds(4)), CancellationToken.None);

        Assert.Equal([(TimeSpan.Zero, "a"), (TimeSpan.Zero, "b"), (TimeSpan.FromSeconds(1), "c")], shown);
    }

    [Fact]
    public async Task Player_Quit_EndsAtOnce()
    {
        var clock = new ManualClock();
        var shown = new List<(TimeSpan, string)>();
        var keys = Channel.CreateUnbounded<PlayerKey>();
        var playing = Player(clock, shown, keys, (0, "a"), (60, "b")).PlayAsync(
            new PlayerOptions(1, TimeSpan.MaxValue, TimeSpan.Zero), CancellationToken.None);
        await clock.WaitedForAsync(TimeSpan.FromSeconds(60));

        keys.Writer.TryWrite(PlayerKey.Quit);

        await playing;
        Assert.Equal([(TimeSpan.Zero, "a")], shown);
    }

    [Fact]
    public async Task Player_Pause_StopsTheRecordingsTime()
    {
        var clock = new ManualClock();
        var shown = new List<(TimeSpan, string)>();
        var keys = Channel.CreateUnbounded<PlayerKey>();
        var playing = Player(clock, shown, keys, (10, "a")).PlayAsync(
            new PlayerOptions(1, TimeSpan.MaxValue, TimeSpan.Zero), CancellationToken.None);
        await clock.WaitedForAsync(TimeSpan.FromSeconds(10));
        clock.Advance(TimeSpan.FromSeconds(4));
        keys.Writer.TryWrite(PlayerKey.Pause);
        await WaitUntilReadAsync(keys);

        clock.Advance(TimeSpan.FromSeconds(100));
        keys.Writer.TryWrite(PlayerKey.Pause);
        await clock.WaitedForAsync(TimeSpan.FromSeconds(6));
        clock.Advance(TimeSpan.FromSeconds(6));

        await playing;
        Assert.Equal([(TimeSpan.FromSeconds(110), "a")], shown);
    }

    [Fact]
    public async Task Player_Arrows_SeekBothWays()
    {
        var clock = new ManualClock();
        var shown = new List<(TimeSpan, string)>();
        var keys = Channel.CreateUnbounded<PlayerKey>();
        var playing = Player(clock, shown, keys, (1, "a"), (10, "b")).PlayAsync(
            new PlayerOptions(1, TimeSpan.MaxValue, TimeSpan.FromSeconds(2)), CancellationToken.None);
        await clock.WaitedForAsync(TimeSpan.FromSeconds(8));

        keys.Writer.TryWrite(PlayerKey.Forward);
        await clock.WaitedForAsync(TimeSpan.FromSeconds(3));
        keys.Writer.TryWrite(PlayerKey.Back);
        await clock.WaitedForAsync(TimeSpan.FromSeconds(8));
        keys.Writer.TryWrite(PlayerKey.Forward);
        await clock.WaitedForAsync(TimeSpan.FromSeconds(3));
        keys.Writer.TryWrite(PlayerKey.Forward);

        await playing;
        // Going back cleared the terminal and showed again what came before.
        Assert.Equal(["a", "\ec", "a", "b"], shown.Select(item => item.Item2), StringComparer.Ordinal);
        Assert.All(shown, item => Assert.Equal(TimeSpan.Zero, item.Item1));
    }

    [Fact]
    public void Keys_ArrowsAndLetters_AreKnown() =>
        Assert.Equal(
            [PlayerKey.Pause, PlayerKey.Forward, PlayerKey.Back, PlayerKey.Faster, PlayerKey.Slower, PlayerKey.None, PlayerKey.Quit],
            PlayerKeys.Parse(" \e[C\e[D\eOA\e[Bxq"u8.ToArray()));

    private static AsciicastPlayer Player(
        TimeProvider clock, List<(TimeSpan, string)> shown, Channel<PlayerKey> keys, params (int Second, string Text)[] events)
    {
        var lines = Write(writer =>
        {
            foreach (var (second, text) in events)
                writer.Output(TimeSpan.FromSeconds(second), Encoding.UTF8.GetBytes(text));
        });
        var bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        var began = clock.GetTimestamp();
        return new AsciicastPlayer(
            _ => Task.FromResult<Stream>(new MemoryStream(bytes)),
            text =>
            {
                shown.Add((clock.GetElapsedTime(began), text));
                return ValueTask.CompletedTask;
            },
            keys.Reader, clock);
    }

    private static Channel<PlayerKey> NoKeys()
    {
        var keys = Channel.CreateUnbounded<PlayerKey>();
        keys.Writer.Complete();
        return keys;
    }

    private static async Task WaitUntilReadAsync(Channel<PlayerKey> keys)
    {
        while (keys.Reader.Count > 0)
            await Task.Yield();
    }

    private static List<string> Write(Action<AsciicastWriter> events)
    {
        var lines = new List<string>();
        var writer = new AsciicastWriter(s_header, line => lines.Add(Encoding.UTF8.GetString(line.Span)));
        events(writer);
        Assert.All(lines, line => Assert.EndsWith("\n", line, StringComparison.Ordinal));
        return [.. lines.Select(line => line.TrimEnd('\n'))];
    }

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));
}
